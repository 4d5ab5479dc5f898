import { writeFileSync } from 'node:fs';

/** A reporter of Jest, for what its JSON report leaves out of each file: whether it failed as a whole, and its console. */
export default class FilesReporter {
  files = {};

  onTestFileResult({ path }, { testExecError, console }) {
    const lines = console?.map(({ type, message, origin }) => `console.${type}: ${message}\n${origin}`);
    this.files[path] = { failedAsAWhole: Boolean(testExecError), console: lines?.join('\n') };
  }

  onRunComplete() {
    writeFileSync(process.env.CLEAVE_TEST_FILES, JSON.stringify(this.files));
  }
}
