/** Stands in for a component that is known and not here, so that its arguments and what it exports are checked like any other's. */

import type { CapsuleType } from '../../components/contract/consume.ts'
import { defineComponent, isPlain, type Definition, type ExportType } from '../../components/contract/define.ts'
import { anything, boolean, byteSize, capsule, duration, list, map, number, secret, string, type Field, type Fields } from '../../components/contract/schema.ts'
import { typeText, type Known, type Shape, type ShapeField, type ValueType } from './shapes.ts'

/** A definition with the arguments and exports of the table; it is for checking only. */
export function standIn(name: string, { kind, level, args, exports }: Known): Definition {
  return defineComponent({
    name,
    ...(kind === 'component' ? {} : { singleton: true as const }),
    ...(level === 'community' ? { community: true as const, stability: 'generally-available' as const } : { stability: level }),
    args: args === undefined ? {} : fieldsOf(args),
    ...(exports !== undefined && { exports: exportsOf(exports) }),
    build: () => ({}),
  })
}

const fieldsOf = (shape: Shape): Fields => Object.fromEntries([...shape.fields].map(([name, field]) => [name, fieldOf(field)]))

function fieldOf(field: ShapeField): Field<unknown> {
  const { form, required } = field
  if (form === 'attribute') return attributeOf(field.type, required ? { required } : {})
  // Made when it is asked for: a stage can hold stages.
  return { form, type: 'block', required, ...(form === 'blocks' && { fallback: [] }), get fields() { return fieldsOf(field.shape()) } }
}

function attributeOf(type: ValueType, presence: { required?: true } = {}): Field<unknown> {
  switch (type.kind) {
    case 'number': return number(presence)
    case 'bool': return boolean(presence)
    case 'duration': return duration(presence)
    case 'size': return byteSize(presence)
    case 'secret':
    case 'optional_secret': return secret(presence)
    case 'list': return list(attributeOf(type.of, { required: true }), presence)
    case 'map': return map(attributeOf(type.of, { required: true }), presence)
    case 'target': return map(anything({ required: true }), presence)
    // Its name need not be among those of the components that are here.
    case 'capsule': return capsule(type.name as CapsuleType, presence)
    case 'any':
    case 'object': return anything(presence)
    default: return string(presence)
  }
}

function exportsOf(shape: Shape): Record<string, ExportType> {
  return Object.fromEntries([...shape.fields].flatMap(([name, field]) => {
    if (field.form !== 'attribute') return []
    const { type } = field
    const text = (type.kind === 'capsule' ? type.name : typeText(type)) as ExportType
    return [[name, type.kind === 'capsule' || isPlain(text) ? text : 'any']]
  }))
}
