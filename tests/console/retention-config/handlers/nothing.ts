import { defineHandler } from '@millrace/handlers';

export default defineHandler(() => undefined);
