import { type MessageSnapshot, named } from './compatibility.js';

/** A heading: `*` stands for the messages that the kernel gives to every context. */
export const titleOf = (context: string): string => (context === '*' ? 'Every context' : context);

const generated = '<!-- Made by `npm run contracts`; a test compares it with the code. -->';

/** docs/reference/contexts.md */
export function contextsPage(messages: readonly MessageSnapshot[]): string {
  const contexts = [...new Set(messages.map(({ context }) => context))].toSorted();
  return `${generated}

# Contexts

Who speaks to whom, read from the code: who uses a message of another context, and who listens to its events. The messages
themselves stand in [messages.md](messages.md).

\`\`\`mermaid
flowchart LR
  edge([HTTP edge])
${arrows(messages).join('\n')}
\`\`\`

*asks*: waits for the answer. *sends*: durable, with the sender's change; what comes of it is told by events (dotted).
${contexts.map((context) => section(context, messages)).join('')}`;
}

/** One arrow for each pair that speaks, with what `label` says of each of its messages. */
function arrows(
  messages: readonly MessageSnapshot[],
  label: (message: MessageSnapshot, way: Way) => string = (_, { how }) => how,
): string[] {
  const spoken = new Map<string, Set<string>>();
  for (const message of messages)
    for (const way of waysOf(message)) {
      const key = `${way.from} ${way.how === 'tells' ? '-.->' : '-->'} ${way.to}`;
      spoken.set(key, (spoken.get(key) ?? new Set()).add(label(message, way)));
    }
  return [...spoken]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, labels]) => {
      const [from, arrow, to] = key.split(' ');
      return `  ${from} ${arrow}|${[...labels].toSorted().join('<br>')}| ${to === '*' ? 'every[every context]' : to}`;
    });
}

interface Way {
  readonly from: string;
  readonly to: string;
  readonly how: 'asks' | 'sends' | 'tells';
}

/** From whom to whom a message goes, and how. */
function waysOf({ context, askedBy, sentBy, subscribers }: MessageSnapshot): Way[] {
  return [
    ...askedBy.map((from): Way => ({ from, to: context, how: 'asks' })),
    ...sentBy.map((from): Way => ({ from, to: context, how: 'sends' })),
    ...subscribers.map((subscriber): Way => ({ from: context, to: subscriber.split('.')[0]!, how: 'tells' })),
  ];
}

function section(context: string, messages: readonly MessageSnapshot[]): string {
  const own = messages.filter((message) => message.context === context);
  const foreign = messages.filter((message) => message.context !== context);
  const lists = [
    ['Answers', own.filter(({ kind }) => kind !== 'event').map((one) => `${shown(one)} (${named(one.access)})`)],
    ['Tells', own.filter(({ kind }) => kind === 'event').map(shown)],
    ['Uses', foreign.filter((one) => waysOf(one).some(({ from }) => from === context)).map(shown)],
    ['Hears', foreign.filter((one) => waysOf(one).some(({ to }) => to === context)).map(shown)],
  ] as const;
  const near = messages.filter((message) => waysOf(message).some(({ from, to }) => from === context || to === context));
  const between = near.map((message) => ({ ...message, ...onlyWith(context, message) }));
  const library = `libs/${context === '*' ? 'kernel' : context}`;
  return `
## ${titleOf(context)}

What it is for and its words: [${library}](../../${library}/README.md).

\`\`\`mermaid
flowchart LR
${arrows(between, ({ name }) => shortName(name)).join('\n')}
\`\`\`

${lists
  .filter(([, named]) => named.length > 0)
  .map(([title, list]) => `- **${title}**: ${list.join(', ')}`)
  .join('\n')}
`;
}

/** A message with those of its users and listeners alone that make it pass this context. */
function onlyWith(context: string, { context: owner, askedBy, sentBy, subscribers }: MessageSnapshot) {
  if (owner === context) return {};
  return {
    askedBy: askedBy.filter((user) => user === context),
    sentBy: sentBy.filter((user) => user === context),
    subscribers: subscribers.filter((subscriber) => subscriber.startsWith(`${context}.`)),
  };
}

/** `cart.get-cart.v1` → `get-cart`; what is no longer the first version says so. */
export const shortName = (name: string): string => name.split('.').slice(1).join(' ').replace(/ v1$/, '');

const shown = ({ name, context }: MessageSnapshot): string =>
  `[\`${name}\`](messages.md#${titleOf(context).toLowerCase().replaceAll(' ', '-')})`;
