import { conditionOf } from './sqlstates.js';

/** An error's fields as they may be, whatever library threw it. */
export type Fields = Readonly<Record<string, unknown>>;

const LONGEST = 2_000;
const UNTOLD = 'its message is not told, since it may quote what was handled';

/**
 * An error's message without the values that were handled when it was thrown: addresses, names, hashes, payloads. What the
 * project throws itself says nothing of them; libraries and the platform quote them, each in its way.
 */
export function safeMessage(error: object): string {
  const fields = error as Fields;
  const { name, message, code } = fields;
  const text = typeof message === 'string' ? message : '';
  return tellable(String(name), String(code), text, fields).slice(0, LONGEST);
}

function tellable(name: string, code: string, message: string, fields: Fields): string {
  if (isDatabaseError(fields)) return ofDatabase(fields, message);
  if (Array.isArray(fields['issues'])) return ofIssues(fields['issues'] as readonly Fields[]);
  if (name === 'ReplyError') return ofRedis(message, fields['command'] as Fields | undefined);
  if (quoting.has(name) || code === 'ERR_ASSERTION') return UNTOLD;
  if (name === 'SyntaxError') return ofSyntax(message);
  if (aboutFilesAndPeers.test(code)) return message;
  if (code.startsWith('ERR_')) return message.split(/\.? Received |: /, 1)[0]!; // `Unknown encoding: …`
  if (platform.has(name)) return spoken.some((sentence) => sentence.test(message)) ? message : UNTOLD;
  return message;
}

/** By its fields: pg's own class, TypeORM's QueryFailedError, and the classes of another bundle all have them. */
export const isDatabaseError = ({ code, severity }: Fields): boolean =>
  typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined;

/**
 * Classes of SQLSTATE whose messages speak of the schema, the session or the server. Those of a violated constraint do too, and
 * its name says it all; those of data (22) and of functions (P0) quote values: `invalid input syntax for type uuid: "…"`.
 */
const aboutNoValue = /^(08|25|28|3D|3F|40|42|53|54|55|57|58)/;

function ofDatabase(fields: Fields, message: string): string {
  const { code, constraint, table, schema, column, routine } = fields as Readonly<Record<string, string | undefined>>;
  const condition = conditionOf(code!);
  const place = [schema, table, column].filter((part) => part !== undefined).join('.');
  const objects = [...(constraint ? [`constraint ${constraint}`] : []), ...(place ? [`of ${place}`] : [])].join(' ');
  const isRaised = routine === 'exec_stmt_raise'; // by a function or a trigger, whatever its SQLSTATE
  const said = !isRaised && aboutNoValue.test(code!) ? message.replaceAll(/"([^"]*)"/g, nameAlone) : '';
  return `${[code, condition].join(' ').trim()}${[objects, said].map((part) => part && `: ${part}`).join('')}`;
}

/** Such a message quotes names of the statement. A value that was cast to a name has other characters. */
const nameAlone = (quoted: string, name: string): string => (/^[\w$.-]+$/.test(name) ? quoted : '"…"');

/** Zod: which rule is broken where. Keys may be of whoever sent them. */
function ofIssues(issues: readonly Fields[]): string {
  const told = issues.slice(0, 10).map(({ code, path }) => {
    const keys = Array.isArray(path) ? path.map((key) => (/^\w{1,40}$/.test(String(key)) ? String(key) : '…')) : [];
    return `${String(code)} at /${keys.join('/')}`;
  });
  return `not as declared: ${told.join(', ')}${issues.length > told.length ? ', …' : ''}`;
}

/** `ERR unknown command 'x', with args beginning with: …`: what comes before anything quoted, and the command's name. */
function ofRedis(message: string, command: Fields | undefined): string {
  const said = message.split(/, with args|[:\n]|(?:^|[\s(=])['"`]/, 1)[0]!;
  return typeof command?.['name'] === 'string' ? `${said} (${command['name']})` : said;
}

/** Errors that are about a value and say it: of `structuredClone`, and of TypeORM with its criteria. */
const quoting = new Set(['DataCloneError', 'EntityNotFoundError', 'AssertionError']);

/** JSON.parse quotes the text, BigInt its argument, RegExp its source. */
function ofSyntax(message: string): string {
  const position = / at position (\d+)/.exec(message)?.[1];
  if (/\bJSON\b/.test(message)) return `not valid JSON${position === undefined ? '' : `, at position ${position}`}`;
  return /^(The requested module|Unexpected end of input$|not [a-z ]+$)/.test(message) ? message : UNTOLD;
}

/** Node's own, that name modules, hosts and certificates. */
const aboutFilesAndPeers = /^ERR_(MODULE|PACKAGE|TLS|SSL|OSSL|HTTP2)_/;
const platform = new Set(['TypeError', 'RangeError', 'ReferenceError', 'URIError', 'EvalError']);
/** A piece of source code, by which V8 tells where it stopped; a value in its stead has other characters, most often. */
const code = String.raw`(?:\(intermediate value\)|[\w$])[\w$.#()\[\]]*`;
/** Sentences of V8 and undici that hold no value. `Cannot use 'in' operator to search for 'x' in …` is not among them. */
const spoken = [
  String.raw`Cannot (?:read|set) properties of (?:null|undefined) \((?:reading|setting) '[\w$]+'\)`,
  String.raw`${code} is not (?:a function|a constructor|iterable|defined)`,
  String.raw`(?:undefined|null) is not iterable \(cannot read property Symbol\(Symbol\.iterator\)\)`,
  String.raw`Cannot destructure property '[\w$]+' of '${code}' as it is (?:undefined|null)\.`,
  String.raw`Cannot access '[\w$]+' before initialization`,
  String.raw`Class constructor [\w$]+ cannot be invoked without 'new'`,
  'Converting circular structure to JSON[^]*',
  'Assignment to constant variable\\.|Do not know how to serialize a BigInt|Cannot mix BigInt and other types.*',
  'Maximum call stack size exceeded|Invalid (?:array|string) length|Invalid time value|URI malformed',
  'fetch failed|terminated|Reduce of empty array with no initial value',
  // Linear: it begins at the start alone, and no part takes a character that the next one begins with.
].map((sentence) => new RegExp(`^(?:${sentence})$`)); // oxlint-disable-line cleave/linear-regex
