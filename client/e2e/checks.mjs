// Runs checks in order, says how each went, and counts: what the end-to-end tests share.

export class Checks {
  passed = 0;
  failed = 0;
  started = Date.now();

  /** `only`: a part of the titles of those that are run; absent: all. */
  constructor(only) {
    this.only = only;
    this.say = (line) => console.log(`[${((Date.now() - this.started) / 1000).toFixed(0).padStart(4)} s] ${line}`);
  }

  /** Something that is no check went wrong. */
  fail(line) {
    this.failed++;
    this.say(`FAILED  ${line}`);
  }

  /** One check, at most twice: a window under load can miss a click or a key. A second try is said so; both failures are shown. */
  async attempt(name, workbench, title, check) {
    for (const again of [false, true]) {
      const from = Date.now();
      try {
        const seen = await check(workbench);
        this.passed++;
        const how = `${Date.now() - from} ms${again ? ', second try' : ''}`;
        this.say(`ok      ${name}: ${title} (${how})${seen ? `\n           ${seen}` : ''}`);
        return;
      } catch (error) {
        this.say(`${again ? 'FAILED ' : 'once   '} ${name}: ${title}\n${error.stack ?? error}`);
        await workbench.shot(`failed-${name}-${title.replaceAll(/\W+/g, '-')}`).catch(() => {});
        await workbench.page.keyboard.press('Escape').catch(() => {});
      }
    }
    this.failed++;
  }

  /** Opens a file in a workbench and runs checks there, in order. */
  async suite(name, workbench, file, checks) {
    try {
      await workbench.open(file);
      for (const [title, check] of checks) {
        if (this.only && !title.includes(this.only)) continue;
        await this.attempt(name, workbench, title, check);
      }
      if (workbench.pageErrors.length > 0) this.fail(`${name}: errors on the page\n${workbench.pageErrors.join('\n')}`);
    } catch (error) {
      this.fail(`${name}: ${error.stack ?? error}`);
      await workbench.shot(`failed-${name}`).catch(() => {});
    }
  }

  /** Says the result, and gives it to the process. */
  end(shots) {
    this.say(`screenshots are in ${shots}`);
    console.log(`${this.passed} passed, ${this.failed} failed`);
    process.exitCode = this.failed === 0 ? 0 : 1;
  }
}
