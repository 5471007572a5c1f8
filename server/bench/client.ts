/** A bare language client over a child's standard input and output, for benchmarks and protocol tests. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Message {
  readonly id?: number | string;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export class BareClient {
  private readonly child: ChildProcess;
  private buffer = Buffer.alloc(0);
  private nextId = 0;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly listeners = new Set<(message: Message) => void>();
  readonly notifications: Message[] = [];

  constructor(command: readonly string[]) {
    this.child = spawn(command[0] ?? '', command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdout?.on('data', (data: Buffer) => this.take(data));
  }

  private take(data: Buffer): void {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const head = this.buffer.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/Content-Length: (\d+)/i.exec(this.buffer.subarray(0, head).toString())?.[1]);
      if (this.buffer.length < head + 4 + length) return;
      const message = JSON.parse(this.buffer.subarray(head + 4, head + 4 + length).toString()) as Message;
      this.buffer = this.buffer.subarray(head + 4 + length);
      const waiter =
        message.method === undefined && typeof message.id === 'number' ? this.waiting.get(message.id) : undefined;
      if (waiter !== undefined && typeof message.id === 'number') {
        this.waiting.delete(message.id);
        waiter(message);
        continue;
      }
      this.notifications.push(message);
      for (const listener of this.listeners) listener(message);
      // requests of the server (registrations) get an empty answer
      if (message.id !== undefined) this.send({ id: message.id, result: null });
    }
  }

  private send(message: object): void {
    const text = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.child.stdin?.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  request(method: string, params: unknown): Promise<Message> {
    this.nextId += 1;
    const id = this.nextId;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.send({ id, method, params });
    });
  }

  notify(method: string, params: unknown): void {
    this.send({ method, params });
  }

  /** The server's process. */
  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The next notification that fits. */
  until(fits: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => {
      const listener = (message: Message) => {
        if (!fits(message)) return;
        this.listeners.delete(listener);
        resolve(message);
      };
      this.listeners.add(listener);
    });
  }

  /** Initializes a session, by default without a workspace folder. */
  async start(rootUri: string | null = null): Promise<Message> {
    const workspaceFolders = rootUri === null ? null : [{ uri: rootUri, name: 'root' }];
    const answer = await this.request('initialize', { processId: null, rootUri, workspaceFolders, capabilities: {} });
    this.notify('initialized', {});
    return answer;
  }

  async stop(): Promise<void> {
    await this.request('shutdown', null);
    this.notify('exit', undefined);
    await new Promise((resolve) => this.child.once('exit', resolve));
  }
}
