import type { Readable, Writable } from 'node:stream';
import { styleText } from 'node:util';

const colours = [
  'cyan',
  'yellow',
  'green',
  'magenta',
  'blue',
  'cyanBright',
  'yellowBright',
  'greenBright',
  'magentaBright',
  'blueBright',
] as const;

/** The output of several processes as one: each line begins with who says it. */
export class MergedLog {
  private readonly marks = new Map<string, string>();

  /** A name has a colour of its own where `output` is a terminal and NO_COLOR is not set. */
  constructor(
    names: readonly string[],
    private readonly output: Writable & { readonly isTTY?: boolean },
  ) {
    this.expect(names);
  }

  /** Makes room for these names, too. */
  expect(names: readonly string[]): void {
    const all = new Set([...this.marks.keys(), ...names]);
    const coloured = this.output.isTTY === true && !process.env['NO_COLOR'];
    const width = Math.max(...[...all].map(({ length }) => length));
    for (const [index, name] of [...all].entries()) {
      const mark = `${name.padEnd(width)} |`;
      const colour = colours[index % colours.length]!;
      this.marks.set(name, coloured ? styleText(colour, mark, { validateStream: false }) : mark);
    }
  }

  say(name: string, text: string): void {
    for (const line of text.split('\n')) this.output.write(`${this.marks.get(name)} ${line}\n`);
  }

  /** Says what comes, line by line, until its end. */
  follow(name: string, source: Readable): void {
    let rest = '';
    source.setEncoding('utf8');
    source.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.say(name, line);
    });
    source.on('end', () => rest !== '' && this.say(name, rest));
  }
}
