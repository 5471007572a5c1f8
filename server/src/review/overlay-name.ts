/** Names of overlays on one of several boards, as a review tells of them: `dts/cam.dtso on board.dts`. */

/** `path`: the overlay's; `board`: the file name of the board, which alone is said of it. */
export const overlayName = (path: string, board: string): string => `${path} on ${board}`;

/** The parts of a name; `board` null: it is a path. */
export function overlayOn(name: string): { readonly path: string; readonly board: string | null } {
  const [, path, board] = /^(.+\.dtso?) on ([^/]+\.dts)$/.exec(name) ?? [];
  return path === undefined || board === undefined ? { path: name, board: null } : { path, board };
}
