import { defineConfig } from 'vite';

/**
 * One page and its hashed assets in `dist`, for the operator to serve. Every reference is relative: where the console is
 * mounted is known to whoever serves it alone.
 */
export default defineConfig({
  base: './',
  server: { proxy: { '/v1': { target: process.env.MILLRACE_OPERATOR_URL ?? 'http://127.0.0.1:8090' } } },
  build: {
    target: 'es2023',
    modulePreload: { polyfill: false },
    // A font or picture as a data: URL would need an exception in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: { output: { assetFileNames: 'assets/[name]-[hash][extname]' } },
  },
});
