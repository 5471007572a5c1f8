import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['server/**/*.test.ts', 'client/**/*.test.ts', 'webview/**/*.test.ts'],
    testTimeout: 30_000,
    // a hook may install a Debian package that is not there yet
    hookTimeout: 180_000,
  },
});
