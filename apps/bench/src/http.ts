import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Asks over connections that stay open, and costs the measuring process little. Answers the body of an answer with a status of 200 to 299. */
export function client(cleanup: AsyncDisposableStack, connections: number, headers: Record<string, string> = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  cleanup.defer(() => agent.destroy());
  return (url: string): Promise<string> => bodyOf(request(url, { agent, headers }).end(), url);
}

/** Posts a file as it is made, however long the answer takes. */
export async function post(url: string, headers: Record<string, string>, file: Iterable<string>): Promise<string> {
  const sent = request(url, { method: 'POST', headers });
  const answer = bodyOf(sent, url);
  answer.catch(() => undefined); // awaited below, unless the file cannot be sent
  await pipeline(Readable.from(file), sent);
  return answer;
}

const bodyOf = (sent: ReturnType<typeof request>, url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const read = (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        Math.floor(response.statusCode! / 100) === 2
          ? resolve(text)
          : reject(new Error(`${url}: ${response.statusCode} ${text}`)),
      );
    };
    sent.on('response', read).on('error', reject);
  });
