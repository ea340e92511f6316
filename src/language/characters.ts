/** Classes of characters (code points), as Go's `unicode` has them. */

const letter = /^\p{L}$/u
const digit = /^\p{Nd}$/u

/** Digits of numbers. */
export const isDecimal = (char: number) => char >= 0x30 && char <= 0x39
/** What starts an identifier: any letter of Unicode, and the underscore. */
export const isLetter = (char: number) =>
  (char >= 0x61 && char <= 0x7a) || (char >= 0x41 && char <= 0x5a) || char === 0x5f
  || (char >= 0x80 && letter.test(String.fromCodePoint(char)))
/** What an identifier may go on with besides letters: any decimal digit of Unicode. */
export const isDigit = (char: number) => isDecimal(char) || (char >= 0x80 && digit.test(String.fromCodePoint(char)))

/** The value of a hexadecimal digit; 16 for what is none. */
export function digitValue(char: number): number {
  if (isDecimal(char)) return char - 0x30
  const lower = char | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 16
}
