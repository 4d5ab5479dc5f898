import { join } from 'node:path';
import {
  apply,
  applyTemplates,
  chain,
  mergeWith,
  type Rule,
  SchematicsException,
  type Tree,
  url,
} from '@angular-devkit/schematics';
import { format, type FormatConfig } from 'oxfmt';
import ts from 'typescript';
import { isMap, isSeq, parseDocument } from 'yaml';
import { type Names, namesOf } from './names.js';

interface Options {
  readonly name: string;
  readonly aggregate?: string;
}

/** The one file that knows every context. */
const listing = '/apps/server/src/contexts.ts';
/** Seen from the compiled file: the templates are not compiled. */
const templates = join(import.meta.dirname, '../../../../../apps/cli/schematics/context/files');

/** The schematic `context` of apps/cli/schematics: a new context, its line among the others, its place in each topology. */
export function context({ name, aggregate }: Options): Rule {
  const names = namesOf(name, aggregate);
  const files = mergeWith(apply(url(templates), [applyTemplates(names)]));
  return chain([refuseTaken(names), files, list(names), host(names), formatted]);
}

/** What exists is never written over, and what clients go by is everybody's: paths, schemas and operations. */
function refuseTaken({ context, Aggregate, file, files }: Names): Rule {
  // oxlint-disable-next-line cleave/linear-regex -- of names that were checked, over sources of our own
  const taken = new RegExp(`path: '${files}[/']|id: '${Aggregate}'|\\.(create|get)-${file}\\.v\\d`);
  return (tree) => {
    for (const folder of [`/libs/${context}`, `/migrations/${context}`]) {
      const { subdirs, subfiles } = tree.getDir(folder);
      if (subdirs.length + subfiles.length > 0) throw new SchematicsException(`There is a ${folder.slice(1)} already.`);
    }
    tree.getDir('/libs').visit((path) => {
      if (!/\/src\/(http|contracts)\/.*\.ts$/.test(path)) return;
      const [found] = taken.exec(tree.readText(path)) ?? [];
      if (found)
        throw new SchematicsException(
          `${path.slice(1)} has ${found} already: choose another aggregate with --aggregate.`,
        );
    });
  };
}

/** Adds the line of the context to the object `contexts`, as the last one. */
function list({ context }: Names): Rule {
  return (tree) => {
    const source = ts.createSourceFile(listing, tree.readText(listing), ts.ScriptTarget.Latest);
    const declared = source.statements
      .filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .find(({ name }) => ts.isIdentifier(name) && name.text === 'contexts')?.initializer;
    if (!declared || !ts.isObjectLiteralExpression(declared))
      throw new SchematicsException(`${listing.slice(1)} has no object "contexts" to add the context to.`);
    const { properties } = declared;
    const comma = properties.length === 0 || properties.hasTrailingComma ? '' : ',';
    const line = `${comma}\n'${context}': { core: () => import('#${context}'), edge: () => import('#${context}/http') },`;
    tree.commitUpdate(tree.beginUpdate(listing).insertRight(properties.end, line));
  };
}

/**
 * Lets a process of every topology file run the context: the one that there is, else one of its own. A file that is not
 * written as those that are shipped is left alone; `cleave topology check` says what it lacks.
 */
function host({ context }: Names): Rule {
  return (tree) => {
    for (const name of tree.getDir('/topologies').subfiles.filter((file) => file.endsWith('.yaml'))) {
      const path = `/topologies/${name}`;
      const text = tree.readText(path);
      const processes = parseDocument(text).get('processes');
      const last = isMap(processes) && !processes.flow ? processes.items.at(-1)?.value : undefined;
      if (!isMap(processes) || !isMap(last)) continue;
      const contexts = last.get('contexts');
      const insert = (at: number, added: string): void =>
        tree.overwrite(path, text.slice(0, at) + added + text.slice(at));
      if (processes.items.length > 1 && last.flow) insert(last.range![1], `\n  ${context}: { contexts: [${context}] }`);
      else if (isSeq(contexts) && contexts.flow) insert(contexts.range![1] - 1, `, ${context}`);
    }
  };
}

/** Every file that was made or changed, as `npm run format` would have it. */
async function formatted(tree: Tree): Promise<void> {
  const style = tree.readJson('/.oxfmtrc.json') as FormatConfig;
  for (const action of tree.actions) {
    if (!('content' in action) || !action.path.endsWith('.ts')) continue;
    const { code, errors } = await format(action.path, action.content.toString(), style);
    if (errors.length > 0) throw new SchematicsException(`${action.path.slice(1)}: ${errors[0]!.message}`);
    tree.overwrite(action.path, code);
  }
}
