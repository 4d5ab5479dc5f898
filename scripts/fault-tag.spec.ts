import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { extract, parse } from 'jest-docblock';

const root = join(import.meta.dirname, '..');
const specs = globSync('{apps,libs,scripts}/**/*.spec.ts', { cwd: root, exclude: ['**/node_modules/**'] });
const read = (spec: string) => readFileSync(join(root, spec), 'utf8');
const tagsOf = (spec: string) => [parse(extract(read(spec)))['tag'] ?? []].flat();

/** Signals that a process cannot handle, and the shared helpers that send them. */
const fault =
  /\bSIGKILL\b|\bSIGSTOP\b|\b(?:kill|freeze)\(\)|\b(?:callGuarantees|itSurvivesTrouble|OneProcess|ManyProcesses|Moving)\b/;
/** Which look like it, and are none. */
const harmless = [
  'libs/kernel/kafka/kafka-secured.spec.ts', // starts its broker again with TLS, before any test
  'libs/kernel/local/processes-file.spec.ts', // ends its own `sleep`s when all is said
  'libs/kernel/redis/redis-secured.spec.ts',
  'scripts/fault-tag.spec.ts',
  'scripts/second-run.spec.ts',
];

describe('specs', () => {
  it('are tagged where they kill or freeze whole processes', () => {
    const untagged = specs.filter((spec) => fault.test(read(spec)) && !tagsOf(spec).includes('fault-injection'));
    expect(untagged.toSorted()).toEqual(harmless);
  });

  it('have no tag that nobody knows', () => {
    const known = specs.flatMap((spec) => tagsOf(spec)).filter((tag) => tag === 'fault-injection');
    expect(specs.flatMap((spec) => tagsOf(spec))).toEqual(known);
    expect(known.length).toBeGreaterThan(10);
  });
});
