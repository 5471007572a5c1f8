/**
 * npm run test:fleet -- [BOARD...]: shards of one check on two machines, by GNU parallel over ssh, against the same check in one
 * process. The machines are two sshd of this run's own on loopback, with keys of their own. Boards: those of examples/ by default.
 * As root on Debian it installs parallel and openssh-server where they are missing.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';

const SHARDS = 4;
const has = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

function need(programs: Readonly<Record<string, string>>): boolean {
  const missing = Object.entries(programs).filter(([program]) => !has(program));
  if (missing.length > 0 && userInfo().uid === 0 && has('apt-get'))
    spawnSync('apt-get', ['install', '-y', '-qq', ...missing.map(([, name]) => name)], { stdio: 'inherit' });
  return Object.keys(programs).every(has);
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

async function answers(port: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).on('error', () => done(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return true;
    await new Promise((done) => setTimeout(done, 100));
  }
  return false;
}

async function main(boards: readonly string[]): Promise<number> {
  const sshd = '/usr/sbin/sshd';
  if (!need({ parallel: 'parallel', ssh: 'openssh-client', [sshd]: 'openssh-server' })) {
    console.log('fleet: SKIPPED, GNU parallel, ssh or sshd is missing');
    return process.env.CI ? 1 : 0;
  }
  const folder = mkdtempSync(join(tmpdir(), 'scope-fleet-'));
  const machines: ChildProcess[] = [];
  try {
    mkdirSync('/run/sshd', { recursive: true });
    for (const key of ['host', 'user'])
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
    const ports = [await freePort(), await freePort()];
    for (const port of ports) {
      const config = join(folder, `sshd-${port}`);
      writeFileSync(
        config,
        [
          `Port ${port}`,
          'ListenAddress 127.0.0.1',
          `HostKey ${join(folder, 'host')}`,
          `AuthorizedKeysFile ${join(folder, 'user.pub')}`,
          `PidFile ${join(folder, `pid-${port}`)}`,
          'StrictModes no',
          'UsePAM no',
          'PasswordAuthentication no',
          'PermitRootLogin prohibit-password',
          '',
        ].join('\n'),
      );
      machines.push(spawn(sshd, ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] }));
      if (!(await answers(port))) throw new Error(`the sshd on port ${port} does not answer`);
    }
    const hosts = readFileSync(join(folder, 'host.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(join(folder, 'known'), ports.map((port) => `[127.0.0.1]:${port} ${hosts}\n`).join(''));
    const login = (port: number): string =>
      `1/ssh -F none -i ${join(folder, 'user')} -o UserKnownHostsFile=${join(folder, 'known')} -p ${port} ${userInfo().username}@127.0.0.1`;
    writeFileSync(join(folder, 'machines'), ports.map((port) => `${login(port)}\n`).join(''));
    writeFileSync(join(folder, 'boards'), boards.map((board) => `${board}\n`).join(''));
    const program = `${process.execPath} ${resolve('dist/cli.js')}`;
    const check = `${program} check @${join(folder, 'boards')} --format json`;
    const shard = `cd ${process.cwd()} && ${check} --shard {}/${SHARDS} > ${join(folder, 'shard-{}.json')}; [ $? -le 1 ] && echo $SSH_CONNECTION`;
    const numbers = Array.from({ length: SHARDS }, (_, i) => String(i + 1));
    const run = spawnSync('parallel', ['--sshloginfile', join(folder, 'machines'), shard, ':::', ...numbers], {
      encoding: 'utf8',
      env: { ...process.env, PARALLEL_HOME: join(folder, 'parallel') },
    });
    if (run.status !== 0) throw new Error(`parallel ends with ${run.status}: ${run.stderr}`);
    const used = new Set(
      run.stdout
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[3]),
    );
    const whole = spawnSync('sh', ['-c', check], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;
    const shards = numbers.map((i) => join(folder, `shard-${i}.json`));
    const merged = execFileSync(process.execPath, [resolve('dist/cli.js'), 'merge', ...shards], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const same = merged === whole;
    console.log(
      `fleet: ${boards.length} boards in ${SHARDS} shards on ${used.size} machines, ${same ? 'the same as in one process' : 'DIFFERENT'}`,
    );
    return same && used.size === ports.length ? 0 : 1;
  } finally {
    for (const machine of machines) machine.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

const given = process.argv.slice(2);
const examples = existsSync('examples')
  ? readdirSync('examples', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.dts'))
      .map((name) => resolve('examples', name))
  : [];
main((given.length > 0 ? given : examples).sort()).then(
  (status) => process.exit(status),
  (error: unknown) => {
    console.error(`fleet: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
