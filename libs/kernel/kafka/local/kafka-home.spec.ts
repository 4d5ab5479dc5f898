import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { kafkaHome } from './kafka-home.js';
import { keepClasses } from './keep-classes.js';

const { PATH, JAVA_HOME, KAFKA_HOME } = process.env;
let folder: string;
let cache: string;
const told: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kafka-home-'));
  cache = join(folder, 'cache');
  await mkdir(join(folder, 'bin'));
  process.env['PATH'] = [join(folder, 'bin'), PATH].join(delimiter);
  delete process.env['JAVA_HOME'];
  delete process.env['KAFKA_HOME'];
  told.length = 0;
  await install('java', 'echo \'openjdk version "17.0.15" 2025-04-15\' >&2; [ "$1" = -version ]');
  await install('mvn', `echo ran >> ${folder}/mvn.log; mkdir -p "$4/libs"; sleep 0.2; echo jar > "$4/libs/kafka.jar"`);
});
afterEach(async () => {
  Object.assign(process.env, { PATH, JAVA_HOME, KAFKA_HOME });
  for (const [name, value] of Object.entries({ JAVA_HOME, KAFKA_HOME })) if (!value) delete process.env[name];
  await rm(folder, { recursive: true });
});

/** A program of that name which does no more than this. */
async function install(name: string, script: string): Promise<void> {
  const path = join(folder, 'bin', name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

const find = () => kafkaHome((line) => told.push(line), cache);

describe('the Kafka of a machine', () => {
  it('is put together once, however many want it at the same time', async () => {
    const homes = await Promise.all([find(), find(), find()]);
    const { classPath } = homes[0];
    expect(await readFile(classPath.replace('*', 'kafka.jar'), 'utf8')).toBe('jar\n');
    expect(homes).toEqual([homes[0], homes[0], homes[0]]);
    expect(await find()).toEqual(homes[0]);
    expect(await readFile(join(folder, 'mvn.log'), 'utf8')).toBe('ran\n');
    expect(await readdir(cache)).toEqual(['kafka-4.1.1']);
    // This Java runs nothing, so it has kept no classes: a start is slower, and that is all.
    expect(told).toEqual(['kafka: Maven fetches 4.1.1, once', expect.stringMatching(/^kafka: starts slower: /)]);
  });

  it('is whole or is not there', async () => {
    await install('mvn', 'mkdir -p "$4/libs"; echo half > "$4/libs/kafka.jar"; echo "[ERROR] Unknown host"; exit 1');
    await expect(find()).rejects.toThrow(/^Maven could not fetch it \(\[ERROR\] Unknown host\)\.\n.*KAFKA_HOME/);
    expect(await readdir(cache)).toEqual(['kafka-4.1.1.draft']);
    await install('mvn', 'mkdir -p "$4/libs"; echo whole > "$4/libs/kafka.jar"');
    const { classPath } = await find();
    expect(await readFile(classPath.replace('*', 'kafka.jar'), 'utf8')).toBe('whole\n');
  });

  it('is not waited for where its Java ends at once, however soon that is', async () => {
    const home = { java: 'true', classPath: '' };
    const attempts = Array.from({ length: 20 }, () => keepClasses(home, join(folder, 'classes.jsa')));
    for (const { reason } of (await Promise.allSettled(attempts)) as PromiseRejectedResult[])
      expect(reason).toMatchObject({ code: 'ENOENT' }); // no archive
  });

  it('is the one of KAFKA_HOME, where that is set', async () => {
    process.env['KAFKA_HOME'] = folder;
    await expect(find()).rejects.toThrow(`KAFKA_HOME=${folder} has no folder libs.`);
    await mkdir(join(folder, 'libs'));
    expect(await find()).toEqual({ java: 'java', classPath: join(folder, 'libs', '*') });
  });

  it('wants a Java that can run it', async () => {
    await install('java', 'echo \'java version "1.8.0_402"\' >&2');
    await expect(find()).rejects.toThrow(/^The Java of this machine is 1\.8\.0_402\.\nKafka needs Java 17 or later/);
  });
});
