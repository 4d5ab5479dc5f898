import { describe, expect, it } from '@jest/globals';
import { readCommandLine } from './command-line.js';

describe('The command line', () => {
  it('names a topology, and how many instances of a process there shall be', () => {
    expect(
      readCommandLine(['--topology', 'split.yaml', '--replicas', 'ordering=3', '--replicas=order-desk=12']),
    ).toEqual({
      topology: 'split.yaml',
      replicas: new Map([
        ['ordering', 3],
        ['order-desk', 12],
      ]),
    });
  });

  it.each([
    [['--topolgy', 'split.yaml'], "Unknown option '--topolgy'"],
    [['split.yaml'], "Unexpected argument 'split.yaml'"],
    [['--topology'], "'--topology <value>' argument missing"],
    [['--replicas', 'ordering'], '--replicas ordering: say ordering=3'],
    [['--replicas', 'ordering=0'], '--replicas ordering=0: say ordering=3'],
    [['--replicas', 'ordering=100'], '99 at most'],
  ])('says how it is meant where it is %j', (args, problem) => {
    expect(() => readCommandLine(args)).toThrow(
      expect.objectContaining({ name: 'CannotStart', message: expect.stringContaining(problem) as unknown as string }),
    );
    expect(() => readCommandLine(args)).toThrow('Usage: npm start -- [--topology FILE]');
  });
});
