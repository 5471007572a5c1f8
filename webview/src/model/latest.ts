/** Waits for answers of which only the last asked for counts: they may come in another order than they were asked for. */
export function latest(): <T>(answer: Promise<T>, show: (found: T) => void, fail: (error: Error) => void) => void {
  let asked = 0;
  return (answer, show, fail) => {
    const mine = ++asked;
    answer.then(
      (found) => mine === asked && show(found),
      (error: Error) => mine === asked && fail(error),
    );
  };
}
