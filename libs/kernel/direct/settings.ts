import { isIP } from 'node:net';
import * as z from 'zod';
import { integer, settings } from '#kernel/base';

export class DirectSettings extends settings({
  DIRECT_PORT: {
    schema: integer(1, 65_535),
    default: '7400',
    doc: 'For topologies whose calls are direct: the port on which a process with contexts accepts them, and on which the others\nare expected. Where DIRECT_FOLDER is set, each takes a free one.',
  },
  DIRECT_HOST: {
    schema: z
      .string()
      .refine((address) => isIP(address) !== 0, 'must be an IP address, such as 127.0.0.1 or 0.0.0.0')
      .optional(),
    doc: 'The IP address on which it accepts them. Unset: 127.0.0.1, which only this machine reaches, and in production 0.0.0.0.',
  },
  DIRECT_FOLDER: {
    schema: z.string().optional(),
    doc: 'A folder in which the processes of one machine tell each other where they accept calls. The launcher sets it. Unset: they\nare found as the topology says, by "at" or by the names of its processes.',
  },
  DIRECT_CERT_FILE: {
    schema: z.string().optional(),
    doc: 'The certificate, in PEM, of a process with contexts, for the names and addresses at which others look for it. With it, calls\ngo over TLS.',
  },
  DIRECT_KEY_FILE: { schema: z.string().optional(), doc: 'Its private key, in PEM.' },
  DIRECT_CA_FILE: {
    schema: z.string().optional(),
    doc: 'The certificates, in PEM, that those of the other processes must be signed by. With it, calls go over TLS alone.',
  },
}) {}
