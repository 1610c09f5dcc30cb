import { describe, expect, it } from 'vitest';
import { splitShellWords } from '../../src/keys/shell-words.ts';

// What github.com/google/shlex makes of the same text.
describe('splitting a command', () => {
  it.each<[string, string[] | null]>([
    ['pass show age', ['pass', 'show', 'age']],
    ['  a\tb\r\nc ', ['a', 'b', 'c']],
    ['a "b c" d', ['a', 'b c', 'd']],
    [`a 'b "c' "d 'e"`, ['a', 'b "c', "d 'e"]],
    [`a'b'"c"d`, ['abcd']],
    [`"" '' x`, ['', '', 'x']],
    ['a\\ b \\"c', ['a b', '"c']],
    ['"a\\"b\\c"', ['a"bc']],
    ["'a\\b'", ['a\\b']],
    ['a # a comment\nb', ['a', 'b']],
    ['# only a comment', []],
    ['a#b', ['a#b']],
    ['"#" x', ['#', 'x']],
    ['echo $HOME `id` $(id) ; rm | x > y &', ['echo', '$HOME', '`id`', '$(id)', ';', 'rm', '|', 'x', '>', 'y', '&']],
    ['', []],
    ['a "b', null],
    ["a 'b", null],
    ['a \\', null],
    ['"a\\', null],
  ])('%j', (command, words) => {
    expect(splitShellWords(command)).toEqual(words);
  });
});
