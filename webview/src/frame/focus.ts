/** Where the keyboard's focus is inside an element, so that drawing anew does not lose it. */

const focusable = 'button, input, select, textarea, summary, a[href], [tabindex], vscode-text-field, vscode-checkbox';

export interface FocusPlace {
  readonly at: number;
  readonly tag: string;
}

/** Null: the focus is elsewhere. */
export function focusPlace(root: HTMLElement): FocusPlace | null {
  const now = document.activeElement;
  if (now === null || now === root || !root.contains(now)) return null;
  return { at: [...root.querySelectorAll(focusable)].indexOf(now), tag: now.tagName };
}

/** Focuses what stands at that place now, when it is of the same kind. */
export function restoreFocus(root: HTMLElement, place: FocusPlace | null): void {
  if (place === null || place.at < 0) return;
  const now = root.querySelectorAll(focusable)[place.at];
  if (now instanceof HTMLElement && now.tagName === place.tag) now.focus({ preventScroll: true });
}
