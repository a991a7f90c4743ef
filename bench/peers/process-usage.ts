import { readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** CPU seconds that a process has used, all its threads; NaN when it is gone. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  } catch {
    return Number.NaN
  }
}

/** The most memory that a process has held, in MiB. */
export function peakMemoryMib(pid: number): number {
  try {
    const line = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Math.round(Number(line) / 1024)
  } catch {
    return Number.NaN
  }
}
