/** The scenario that a setting names for a board. */
import { dirname, isAbsolute, join } from 'node:path';
import { type Disk, exists } from './disk';

/**
 * @param board the path of the board's file
 * @param chosen a board (its file name, or the end of its path) to a scenario, absolute or relative to the board or a folder
 * @returns the scenario's path, whether there is such a file or not; null: none is named for this board
 */
export function chosenScenario(
  board: string,
  chosen: Readonly<Record<string, string>>,
  folders: readonly string[],
  disk: Disk,
): string | null {
  for (const [name, scenario] of Object.entries(chosen)) {
    if (scenario === '' || (board !== name && !board.endsWith(`/${name.replace(/^\.?\//, '')}`))) continue;
    if (isAbsolute(scenario)) return scenario;
    const places = [dirname(board), ...folders].map((folder) => join(folder, scenario));
    return places.find((place) => exists(disk, place)) ?? places[0]!;
  }
  return null;
}
