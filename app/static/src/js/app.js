// On every page: clock, forms, signing. Live parts, the scoring desk and sealing load beside it where they are needed.
import { startActs } from './acts.js';
import { startClock } from './clock.js';
import { startForms } from './forms.js';
import { startKeyPages } from './key_page.js';
import { startTyped } from './typed.js';

startClock();
startTyped(); // before the words beside what it puts back
startForms();
startActs();
startKeyPages();
