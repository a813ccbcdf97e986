import type { ServiceProcess } from '../system/service-process.ts';

/** The value of a metric of a process, over all its labels. Throws when the process has no such metric. */
export async function readCounter({ url }: ServiceProcess, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
  if (lines.length === 0 && !text.includes(`# TYPE ${name} `)) throw new Error(`${url} has no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
