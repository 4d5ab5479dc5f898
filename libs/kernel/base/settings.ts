import * as z from 'zod';

/** One setting: what its text must look like, what it is for, and what holds where it is not set. */
export interface SettingDeclaration<Schema extends z.ZodType = z.ZodType> {
  /** Parses the text of the environment variable. */
  readonly schema: Schema;
  readonly doc: string;
  /** As it would be written in the environment; without it the setting is optional where the schema says so, else required. */
  readonly default?: string;
}

export type SettingDeclarations = Readonly<Record<string, SettingDeclaration>>;
export type Environment = Readonly<Record<string, string | undefined>>;

type Values<Declarations extends SettingDeclarations> = {
  readonly [Name in keyof Declarations]: z.output<Declarations[Name]['schema']>;
};

export interface SettingsClass<Declarations extends SettingDeclarations = SettingDeclarations> {
  readonly declarations: Declarations;
  new (environment: Environment): Values<Declarations>;
}

/** Any settings class. */
export interface AnySettingsClass {
  readonly declarations: SettingDeclarations;
  new (environment: Environment): object;
}

/** Thrown once, naming every wrong setting. */
export class WrongSettings extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `Wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}\n.env.example says what each means.`,
    );
    this.name = 'WrongSettings';
  }
}

/**
 * Declares the settings of one module as a class: `class LendingSettings extends settings({ … }) {}`. Its instance is
 * read from the environment once, at boot. @throws WrongSettings from the constructor
 */
export function settings<const Declarations extends SettingDeclarations>(
  declarations: Declarations,
): SettingsClass<Declarations> {
  return class {
    static readonly declarations = declarations;

    constructor(environment: Environment) {
      const problems: string[] = [];
      for (const [name, { schema, default: fallback }] of Object.entries(declarations)) {
        const set = environment[name];
        const text = set === undefined || set === '' ? fallback : set;
        const parsed = schema.safeParse(text);
        if (parsed.success) Object.assign(this, { [name]: parsed.data });
        else problems.push(`${name}=${set ?? ''}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
      }
      if (problems.length > 0) throw new WrongSettings(problems);
    }
  } as unknown as SettingsClass<Declarations>;
}

/** Checks all settings at once. @throws WrongSettings with the problems of all of them */
export function checkSettings(classes: readonly AnySettingsClass[], environment: Environment): void {
  const problems = classes.flatMap((type) => {
    try {
      new type(environment);
      return [];
    } catch (error) {
      if (error instanceof WrongSettings) return error.problems;
      throw error;
    }
  });
  if (problems.length > 0) throw new WrongSettings(problems);
}

/** The text of `.env.example`: every setting with its meaning and its default. */
export function settingsExample(classes: Readonly<Record<string, AnySettingsClass>>): string {
  const listed = new Set<string>();
  const sections = Object.entries(classes).flatMap(([title, { declarations }]) => {
    // Modules may share a setting: it stands where it comes first.
    const own = Object.entries(declarations).filter(([name]) => !listed.has(name) && listed.add(name));
    const lines = own.flatMap(([name, { doc, default: fallback }]) => [
      ...doc.split('\n').map((line) => `# ${line}`),
      `#${name}=${fallback ?? ''}`,
    ]);
    return lines.length === 0 ? [] : [[`## ${title}`, ...lines, ''].join('\n')];
  });
  return `# Every setting, with its meaning and its default. Copy this file to .env and uncomment what you change.\n\n${sections.join('\n')}`;
}

/** A whole number written in decimal. */
export const integer = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum && value <= maximum, `must be between ${minimum} and ${maximum}`);

/** The names in a text, separated by commas. */
export const commaSeparated = (text: string): string[] => text.split(',').map((name) => name.trim());

/** `on` or `off`. */
export const onOff = () => z.enum(['on', 'off'], 'must be "on" or "off"').transform((value) => value === 'on');
