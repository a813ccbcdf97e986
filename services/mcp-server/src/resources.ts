import type { Cloud } from './config.js';
import type { Resource } from './resource.js';

/** What one cloud lets be read. */
export function resourcesOf(cloud: Cloud): readonly Resource[] {
  return cloud === 'aws' ? [] : [runbookOf(cloud), onCall];
}

/** The same words for the same service, always. */
function runbookOf(cloud: Cloud): Resource {
  return {
    name: 'runbook',
    uri: 'runbook://services/{service}',
    title: 'Runbook of a service',
    description: `What is to be done about a service in ${cloud} that is in trouble.`,
    text: ({ service = '' }) =>
      [
        `# ${service}`,
        'Look at its logs first. "connection pool exhausted": restart its workload, which loses nothing.',
        'Anything else: leave it as it is, and call whoever is on call.',
      ].join('\n'),
  };
}

const onCall: Resource = {
  name: 'on-call',
  uri: 'people://on-call',
  title: 'Who is on call',
  description: 'Whom to call at this time of the day.',
  text: () => 'The platform team, at any time.',
};
