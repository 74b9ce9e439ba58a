/** The views that are loaded when they are first opened. */

import "./day";
import "./tangle";
