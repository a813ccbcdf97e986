import { defineHandler, GiveUp } from '@millrace/handlers';

export default defineHandler(({ event }) => {
  throw new GiveUp(`nobody knows where ${event.subject} is`);
});
