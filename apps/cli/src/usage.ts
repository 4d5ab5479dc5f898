import { globSync, readFileSync } from 'node:fs';
import { basename, sep } from 'node:path';
import ts from 'typescript';

/** Who speaks a message class, and who listens to it. */
export interface Usage {
  readonly askedBy: Set<string>;
  readonly sentBy: Set<string>;
  readonly subscribers: Set<string>;
}

/**
 * Reads from the sources who uses which message, by `<context>.<class>`: a context, by an import of another's contracts; the
 * edge, by an import in an `http` folder; a subscriber, by its `@On()`. Imports of types alone use nothing.
 */
export function readUsage(): Map<string, Usage> {
  const usages = new Map<string, Usage>();
  const usageOf = (message: string): Usage => {
    const usage = usages.get(message) ?? { askedBy: new Set(), sentBy: new Set(), subscribers: new Set() };
    usages.set(message, usage);
    return usage;
  };
  for (const file of globSync(['libs/*/src/**/*.ts', 'apps/server/src/http/*.ts'])) {
    const folders = file.split(sep);
    const own = folders[1]!;
    if (own === 'kernel' || folders.includes('contracts') || basename(file).endsWith('.spec.ts')) continue;
    const user = folders.includes('http') ? 'edge' : own;
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest);
    const imported = importedMessages(source, own);
    for (const [name, { context, message }] of imported) {
      if (context === user) continue;
      const { asks, sends } = user === 'edge' ? { asks: true, sends: false } : spoken(source, name);
      if (asks) usageOf(message).askedBy.add(user);
      if (sends) usageOf(message).sentBy.add(user);
    }
    for (const { subscriber, event } of listeners(source)) {
      const message = imported.get(event)?.message;
      if (message) usageOf(message).subscribers.add(subscriber);
    }
  }
  return usages;
}

/**
 * Whether a file asks a message, `execute(new Message(…))`, or sends it, `send(new Message(…))`. Where that is not to be seen
 * it may do both: who is told of too many arrows loses nothing, as would who is told of too few.
 */
export function spoken(source: ts.SourceFile, message: string): { asks: boolean; sends: boolean } {
  const ways = new Set<string | undefined>();
  const visit = (node: ts.Node, call?: string): void => {
    if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === message)
      ways.add(call);
    const called = ts.isCallExpression(node) ? calleeOf(node) : undefined;
    ts.forEachChild(node, (child) => visit(child, called));
  };
  visit(source);
  const unclear = ways.size === 0 || [...ways].some((way) => way !== 'execute' && way !== 'send');
  return { asks: unclear || ways.has('execute'), sends: unclear || ways.has('send') };
}

/** The last name of what is called: `send` of `this.send(…)`. */
function calleeOf({ expression }: ts.CallExpression): string | undefined {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  return ts.isIdentifier(expression) ? expression.text : undefined;
}

/** What a file imports from contracts, by the name that it has there. */
function importedMessages(source: ts.SourceFile, own: string): Map<string, { context: string; message: string }> {
  const imported = new Map<string, { context: string; message: string }>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    const match = /^#([a-z0-9-]+)\/contracts$|^\.{1,2}\/contracts\//.exec(statement.moduleSpecifier.text);
    const names = statement.importClause?.namedBindings;
    if (!match || statement.importClause?.phaseModifier || !names || !ts.isNamedImports(names)) continue;
    const context = match[1] ?? own;
    for (const { name, propertyName, isTypeOnly } of names.elements) {
      if (!isTypeOnly) imported.set(name.text, { context, message: `${context}.${(propertyName ?? name).text}` });
    }
  }
  return imported;
}

/** Every `@On(Event)` within a class with `@Subscriber('name')`. */
function listeners(source: ts.SourceFile): { subscriber: string; event: string }[] {
  return source.statements.filter(ts.isClassDeclaration).flatMap((type) => {
    const [name] = argumentsOf('Subscriber', type);
    if (!name || !ts.isStringLiteral(name)) return [];
    return type.members.filter(ts.isMethodDeclaration).flatMap((method) => {
      const [event] = argumentsOf('On', method);
      return event && ts.isIdentifier(event) ? [{ subscriber: name.text, event: event.text }] : [];
    });
  });
}

/** What a decorator of this name was given, or nothing where there is none. */
function argumentsOf(decorator: string, node: ts.HasDecorators): readonly ts.Expression[] {
  for (const { expression } of ts.getDecorators(node) ?? []) {
    if (
      ts.isCallExpression(expression) &&
      ts.isIdentifier(expression.expression) &&
      expression.expression.text === decorator
    ) {
      return expression.arguments;
    }
  }
  return [];
}
