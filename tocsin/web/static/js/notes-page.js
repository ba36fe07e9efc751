// Loaded on the notes page only: its editor brings a library along.
import { start } from "./notes.js";

start();
