import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, enableCompileCache, flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

enableCompileCache(); // for what is in no bundle

const kept = new Map<string, Script>();

/**
 * A part of the server: the bundle that the build has made of it, since to load two thousand files takes a second. What is
 * being edited is loaded as it is.
 */
export async function loadPart<Part>(
  name: 'start' | 'serve',
  bundled: 'start' | 'serve' | 'part' = name,
): Promise<Part> {
  const bundle = join(import.meta.dirname, `${bundled}.bundle.cjs`);
  if (process.env['CLEAVE_DEV'] || !existsSync(bundle)) return (await import(`./${name}.js`)) as Part;
  const require = createRequire(bundle);
  return (process.sourceMapsEnabled ? require(bundle) : run(bundle, require)) as Part; // the map is found by `require` alone
}

/**
 * Keeps what V8 has compiled beside the bundles, for the next start: also what was compiled as it was first called, which
 * Node's own cache leaves out for the most part. Without it a start is slower, and no worse.
 */
export function keepCode(): void {
  flushCompileCache();
  for (const [path, script] of kept) {
    const draft = `${path}.${process.pid}`;
    try {
      writeFileSync(draft, script.createCachedData());
      renameSync(draft, path);
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? ''))
        process.emitWarning(error as Error);
    }
  }
  kept.clear();
}

/** Undefined where no earlier start has kept it, or another user's start, whose files are closed to this one. */
function keptCode(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (!['ENOENT', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return undefined;
  }
}

/** As `require` does, and by the code of an earlier start. */
function run(bundle: string, require: NodeJS.Require): unknown {
  const source = readFileSync(bundle);
  const path = `${bundle}.${crc32(source).toString(16)}.v8`; // V8 itself compares no more than the length
  const cachedData = keptCode(path);
  // A bundle is ASCII: esbuild escapes the rest.
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${source.toString('latin1')}\n})`,
    {
      filename: bundle,
      ...(cachedData && { cachedData }),
    },
  );
  if (!cachedData || script.cachedDataRejected) kept.set(path, script);
  const module = { exports: {} };
  (script.runInThisContext() as (...given: unknown[]) => void)(
    module.exports,
    require,
    module,
    bundle,
    import.meta.dirname,
  );
  return module.exports;
}
