/** When a client may ask what (LSP 3.17, Server lifecycle). */
import { ErrorCodes, ResponseError } from 'vscode-languageserver/node';

export class Lifecycle {
  private phase: 'before' | 'running' | 'over' = 'before';

  /** The client's `initialize`. Throws a ResponseError for a second one. */
  start(): void {
    if (this.phase !== 'before')
      throw new ResponseError(ErrorCodes.InvalidRequest, 'initialize is sent once, as the first request');
    this.phase = 'running';
  }

  /** The client's `shutdown`. Throws a ResponseError where it has no place. */
  end(): void {
    this.check();
    this.phase = 'over';
  }

  /** Any other request. Throws a ResponseError before `initialize` and after `shutdown`. */
  check(): void {
    if (this.phase === 'before')
      throw new ResponseError(ErrorCodes.ServerNotInitialized, 'the first request is initialize');
    if (this.phase === 'over')
      throw new ResponseError(ErrorCodes.InvalidRequest, 'after shutdown there are no more requests, only exit');
  }
}
