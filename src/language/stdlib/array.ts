/** `array`: lists joined, combined and grouped. */
import { toText, wrongType } from '../convert.ts'
import type { ObjectValue, Value } from '../value.ts'
import { CallError, equal, FunctionValue, isObject, objectValue, typeName } from '../value.ts'
import { toArray, toBool, toObjects } from './_arguments.ts'

const concat = new FunctionValue('concat', args => args.flatMap((_arg, index) => toArray(args, index)))

/** Pairs up the elements of two lists that agree in all of the given keys; the second one's fields win. */
const combineMaps = new FunctionValue('combine_maps', args => {
  if (args.length !== 3 && args.length !== 4) {
    throw new CallError(`combine_maps: expected 3 or 4 arguments, got ${args.length}`)
  }
  const left = toObjects(args, 0)
  const right = toObjects(args, 1)
  const keys = toArray(args, 2).map((key, index) => toText(key, { argument: 2, path: [index] }))
  if (keys.length === 0) throw new CallError('combine_maps: merge conditions must not be empty', { argument: 2 })
  const keepUnmatched = args.length === 4 && toBool(args, 3)

  const matches = (a: ObjectValue, b: ObjectValue) => keys.every(key =>
    Object.hasOwn(a, key) && Object.hasOwn(b, key) && sameValue(a[key]!, b[key]!))
  // An element is kept once for every element of the other list that it does not match: so it is in Alloy.
  return left.flatMap(a => right.flatMap(b =>
    matches(a, b) ? [objectValue([...Object.entries(a), ...Object.entries(b)])] : keepUnmatched ? [a] : []))
})

/** Unlike `==`, the types of numbers must agree too. */
function sameValue(left: Value, right: Value): boolean {
  return typeof left === typeof right && equal(left, right)
}

/** Groups a list of objects by the text of one field; where that is missing, under the empty text or not at all. */
const groupBy = new FunctionValue('group_by', args => {
  if (args.length !== 3) throw new CallError(`group_by: expected 3 arguments, got ${args.length}`)
  const list = toArray(args, 0)
  const key = args[1]!
  if (typeof key !== 'string') throw wrongType(key, 'string', { argument: 1, path: [] })
  const dropMissing = toBool(args, 2)

  const groups = new Map<string, Value[]>()
  list.forEach((item, index) => {
    if (!isObject(item)) throw wrongType(item, 'object', { argument: 0, path: [index] })
    const value = Object.hasOwn(item, key) ? item[key]! : undefined
    if (value === undefined && dropMissing) return
    if (value !== undefined && typeof value !== 'string') {
      throw new CallError('', { argument: 0, path: [index, key], mismatch: { wanted: 'string', got: typeName(value) } })
    }
    const group = groups.get(value ?? '')
    if (group === undefined) groups.set(value ?? '', [item])
    else group.push(item)
  })
  return [...groups].map(([text, items]) => objectValue([[key, text], ['items', items]]))
})

export const members = objectValue({ concat, combine_maps: combineMaps, group_by: groupBy })
