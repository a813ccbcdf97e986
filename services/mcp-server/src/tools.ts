import type { Cloud } from './config.js';
import type { Tool } from './tool.js';
import { awsTools } from './tools/aws.js';
import { azureTools } from './tools/azure.js';
import { gcpTools } from './tools/gcp.js';

/** The tools of one cloud, with a state of their own that lives in memory and starts afresh with each call. */
export function toolsOf(cloud: Cloud): readonly Tool[] {
  switch (cloud) {
    case 'aws':
      return awsTools();
    case 'gcp':
      return gcpTools();
    case 'azure':
      return azureTools();
  }
}
