import { readFileSync } from 'node:fs';
import { extract, parse } from 'jest-docblock';

/** Of a spec that kills, freezes, cuts or races whole processes; `@tag fault-injection` in the docblock at its head. */
export const FAULT_INJECTION = 'fault-injection';

/** The tags of a spec's text. */
export const tagsOf = (spec) => [parse(extract(spec)).tag ?? []].flat();

export const isTagged = (file) => tagsOf(readFileSync(file, 'utf8')).includes(FAULT_INJECTION);
