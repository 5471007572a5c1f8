/** A browser reads no kernel tree: boards boot with the shipped drivers, and who set another is told. */
import type { Connection } from 'vscode-languageserver/browser';
import type * as node from '../lsp/kernels';

type Public<T> = Pick<T, keyof T>;

export class Kernels implements Public<node.Kernels> {
  showsProgress = false;
  onRead: () => void = () => undefined;
  private told = false;

  constructor(private readonly connection: Connection) {}

  configure({ kernelSource, kernelModules }: node.KernelSettings): void {
    if (this.told || ((kernelSource === '' || kernelSource === 'none') && kernelModules.length === 0)) return;
    this.told = true;
    this.connection.console.warn('smmuScope.kernelSource needs files on a disk: the shipped drivers are used');
  }

  rootOf(): null {
    return null;
  }

  driversOf(): null {
    return null;
  }

  textOf(): null {
    return null;
  }

  changed(): void {}
}
