// A stand-in for a service: what it does is in its first argument.
import { createServer } from 'node:net';

const [mode = 'ready'] = process.argv.slice(2);
const announce = () => process.send?.({ type: 'ready', port: 1 });
// Something that keeps it running until it is told to stop.
const server = createServer().listen(0, '127.0.0.1');
process.on('SIGTERM', () => {
  if (mode !== 'stubborn') server.close(() => process.exit(0));
});
if (mode === 'failing') {
  console.log('the reason it fails');
  process.exit(3);
}
if (mode !== 'silent') announce();
