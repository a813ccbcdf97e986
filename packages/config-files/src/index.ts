export { type ConfigProblem, describeConfigProblem } from './config-problem.js';
export { type Checked, type Locate, readYaml } from './read-yaml.js';
