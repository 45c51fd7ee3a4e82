// What every unit stands on: the documented language, whatever the machine prefers.

import '../src/words';
