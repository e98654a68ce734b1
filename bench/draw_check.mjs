// The browser's check of the record named on the command line, in Node: prints milliseconds, and those of the processor.
import { readFileSync } from 'node:fs';
import { checkDraw } from '../app/static/src/js/draw_checks.js';

const record = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const [started, before] = [performance.now(), process.cpuUsage()];
const { verdict } = await checkDraw([record], record.statement.committee);
if (verdict !== true) throw new Error('the record does not hold');
const took = performance.now() - started;
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${took} ${(user + system) / 1000}`);
