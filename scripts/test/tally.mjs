/** The result of a whole run: how much passed and failed, which tests needed a second run, and where the minutes went. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  secondRuns = 0;
  /** The failures that passed in their second run, each with the output of its first. */
  retried = [];
  seconds = new Map();

  add({ passed = 0, failed = 0, skipped = 0 }) {
    this.passed += passed;
    this.failed += failed;
    this.skipped += skipped;
  }

  async time(part, work) {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.seconds.set(part, (this.seconds.get(part) ?? 0) + (performance.now() - began) / 1_000);
    }
  }

  /** Prints what a run ends with, its last line the count; all but the output of first runs is in `summary.md`, too. */
  close(results) {
    const count = `${this.passed} passed, ${this.failed} failed`;
    const retried = this.retried.map((one) => ({ ...one, named: namesOf(one) }));
    const summary = [...retried.flatMap(({ named }) => named), this.minutes(), count].join('\n\n');
    results.write(results.path('summary', 'md'), `${summary}\n`);

    console.log(`\n${this.minutes()}`);
    for (const { named, output, first, log } of retried)
      console.log(`\n${named.join('\n')}\n${output}\nIt is kept in ${first}; what ran beside it is in ${log}.`);
    console.log(`\n${count}`);
  }

  /** A table as CONTRIBUTING has it. */
  minutes() {
    const minutes = [...this.seconds.values()].map((seconds) => (seconds / 60).toFixed(1));
    const rows = [
      ['minutes', ...this.seconds.keys()],
      ['---', ...minutes.map(() => '---')],
      ['', ...minutes],
    ];
    return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  }
}

const namesOf = ({ isWhole, title, names, file }) =>
  (isWhole ? [title] : names).map((name) => `RETRIED: ${name} (${file})`);
