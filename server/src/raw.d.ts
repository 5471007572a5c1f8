/** Data files imported as text (esbuild.mjs and vitest both know `?raw`), parsed by whoever needs them. */
declare module '*?raw' {
  const text: string;
  export default text;
}
