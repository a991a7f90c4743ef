import { defineConfig } from 'vitest/config'

// Unit tests share one process: no global state, no order, no real time, no network.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.test.ts'],
          isolate: false,
          pool: 'forks',
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'whole',
          include: [
            'test/client/**/*.test.ts',
            'test/fuzz/**/*.test.ts',
            'test/golden/**/*.test.ts',
            'test/simulation/**/*.test.ts',
            'test/tidy/**/*.test.ts',
          ],
          pool: 'forks',
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'kafka',
          include: ['test/kafka/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 300_000,
          fileParallelism: false,
        },
      },
      { test: { name: 'chaos', include: ['test/chaos/**/*.test.ts'], pool: 'forks' } },
    ],
  },
})
