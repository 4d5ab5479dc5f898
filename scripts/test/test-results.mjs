import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** The folder of what a test run leaves behind, for a person and for the artifacts of CI; each run begins with an empty one. */
export class TestResults {
  constructor(folder) {
    this.folder = folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  /** A file of that name, in letters that every file system and artifact takes. */
  path(name, extension) {
    const path = join(this.folder, `${name.replaceAll(/[^\w./]+/g, '-')}.${extension}`);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  write(path, text) {
    writeFileSync(path, stripVTControlCharacters(text));
  }

  append(path, text) {
    appendFileSync(path, stripVTControlCharacters(text));
  }
}
