import { readFile } from 'node:fs/promises';

/** For `.catch`: undefined for an error with one of these codes, such as ENOENT; any other is thrown on. */
export function except(...codes: (string | number)[]): (error: unknown) => undefined {
  return (error) => {
    if (!codes.includes(codeOf(error))) throw error;
    return undefined;
  };
}

/** ESRCH is what /proc says of a process that ends while it is read. */
export function readIfPresent(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(except('ENOENT', 'ESRCH'));
}

/** The code of a system error (`ENOENT`), of PostgreSQL (`28P01`), or a program's exit code; else an empty string. */
export function codeOf(error: unknown): string | number {
  return (error as { code?: string | number }).code ?? '';
}
