/** The collector's own log: logfmt or JSON lines with the keys that Alloy writes (`ts`, `level`, `msg`, `component_id`). */

import type { LogLevel } from '../../components/contract/call.ts'
import { rfc3339 } from '../../lib/time.ts'

export interface LogSettings {
  readonly level: LogLevel
  readonly format: 'logfmt' | 'json'
}

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/** Whether `level` passes the threshold. */
export const passes = (level: LogLevel, settings: LogSettings) => order.indexOf(level) >= order.indexOf(settings.level)

/** One line, without its line break. */
export function logLine(settings: LogSettings, nowMs: number, level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): string {
  const entries: [string, unknown][] = [['ts', rfc3339(nowMs)], ['level', level], ['msg', message], ...Object.entries(fields)]
  const shown = entries.filter(([, value]) => value !== undefined)
  if (settings.format === 'json') return JSON.stringify(Object.fromEntries(shown))
  return shown.map(([key, value]) => `${key}=${logfmtValue(value)}`).join(' ')
}

function logfmtValue(value: unknown): string {
  const text = typeof value === 'string' ? value : value instanceof Error ? value.message : JSON.stringify(value) ?? String(value)
  return text === '' || /[\s"=\\\u0000-\u001f]/.test(text) ? JSON.stringify(text) : text  
}
