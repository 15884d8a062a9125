/** The entry of a worker that has the stored sessions; its data is the path of their file. */
import { parentPort, workerData } from 'node:worker_threads';
import { openServices } from '../../store/state-directory.ts';
import { RecordsDesk } from './records-desk.ts';

new RecordsDesk(parentPort!, () => openServices(workerData as string));
