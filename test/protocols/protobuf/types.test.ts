/** Message types: from files and texts, from builders, what their tables are, and what is told of mistakes. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { protocolByName } from '../../../src/protocols/by-name.ts';
import { loadProto, type ProtobufOptions, type ProtoField, parseProto, proto, protobuf } from '../../../src/protocols/protobuf/index.ts';
import { decimal, flag, integer, SchemaError, skip, text, timestamp, unsigned } from '../../../src/schema/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'tickforge-proto-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, source: string): string => {
	const path = join(folder, name);
	mkdirSync(join(path, '..'), { recursive: true });
	writeFileSync(path, source);
	return path;
};
const field = (fields: readonly ProtoField[] | undefined, name: string): ProtoField | undefined => fields?.find((one) => one.name === name);

describe('.proto files', () => {
	it('are loaded with what they import, from folders named for it, and what protobufjs ships', async () => {
		const main = write('app/feed.proto', 'syntax = "proto3"; package my.feed; import "shared/level.proto"; import "google/protobuf/timestamp.proto"; import "beside.proto"; message Update { my.shared.Level level = 1; google.protobuf.Timestamp at = 2; Beside beside = 3; }');
		write('app/beside.proto', 'syntax = "proto3"; package my.feed; import public "deeper/deep.proto"; message Beside { deep.Deep deep = 1; }');
		write('app/deeper/deep.proto', 'syntax = "proto3"; package deep; message Deep { int32 v = 1; }');
		write('includes/shared/level.proto', 'syntax = "proto2"; package my.shared; message Level { required string price = 1; }');
		const types = await loadProto(main, { include: [join(folder, 'includes')] });
		expect(Object.keys(types.messages).sort()).toEqual(['deep.Deep', 'google.protobuf.Timestamp', 'my.feed.Beside', 'my.feed.Update', 'my.shared.Level']);
		// Each file with its own syntax.
		expect(field(types.messages['my.shared.Level']?.fields, 'price')?.presence).toBe('required');
		expect(JSON.parse(JSON.stringify(types))).toEqual(types);
	});

	it('may import what only their options need, and Google’s descriptors', async () => {
		const main = write('options.proto', 'syntax = "proto3"; package o; import "gogoproto/gogo.proto"; import "google/protobuf/descriptor.proto"; extend google.protobuf.FieldOptions { bool mine = 50000; } message M { int32 a = 1 [(gogoproto.nullable) = false, (mine) = true]; }');
		expect((await loadProto(main)).messages['o.M']?.fields.map(({ name, number }) => [name, number])).toEqual([['a', 1]]);
		expect((await parseProto('syntax = "proto3"; import "gogoproto/gogo.proto"; message M { int32 a = 1 [(gogoproto.nullable) = false]; }')).messages.M?.fields).toHaveLength(1);
	});

	it('that are not there or wrong are told, with their names', async () => {
		await expect(loadProto(join(folder, 'nowhere.proto'))).rejects.toThrow(`there is no file ${join(folder, 'nowhere.proto')}`);
		await expect(loadProto(write('lost.proto', 'syntax = "proto3"; import "gone/away.proto"; message M { gone.Away a = 1; }'))).rejects.toThrow(/"gone\/away\.proto", which .*lost\.proto imports is not in .*; name its folder with include/);
		await expect(loadProto(write('broken.proto', 'syntax = "proto3"; message M { int32 a = ; }'))).rejects.toThrow(/^tickforge: .*broken\.proto cannot be read as \.proto: illegal id/);
		await expect(parseProto('syntax = "proto3"; import "other.proto"; message M { Other m = 1; }')).rejects.toThrow('("other.proto" is not given)');
		await expect(parseProto('syntax = "proto3"; message M { Missing m = 1; }')).rejects.toThrow('Missing');
	});

	it('have imports given as texts', async () => {
		const types = await parseProto('syntax = "proto3"; package a; import "b.proto"; message M { b.N n = 1; }', { 'b.proto': 'syntax = "proto2"; package b; message N { optional E e = 1; } enum E { X = 3; }' });
		expect(types.enums['b.E']).toEqual({ values: [{ name: 'X', number: 3 }], closed: true });
	});

	it('say presence, packing, encoding and defaults in the words of each syntax', async () => {
		const forms = (types: Awaited<ReturnType<typeof parseProto>>): Record<string, string> =>
			Object.fromEntries((types.messages.M?.fields ?? []).map((one) => [one.name, [one.presence, one.rule, one.packed ? 'packed' : '', one.delimited ? 'delimited' : '', one.oneof ?? '', one.defaultValue ?? ''].join(' ').replaceAll(/ +/g, ' ').trim()]));
		expect(
			forms(
				await parseProto(
					'syntax = "proto2"; message M { required int32 a = 1; optional int32 b = 2 [default = -7]; repeated int32 c = 3; repeated int32 d = 4 [packed = true]; optional group G = 5 { optional int32 x = 1; } oneof o { int32 e = 6; } optional double f = 7 [default = -inf]; optional E gg = 8 [default = Y]; optional bool h = 9 [default = true]; optional int64 i = 10 [default = 9007199254740993]; map<string, int32> j = 11; extensions 100 to 200; } enum E { X = 1; Y = 5; } extend M { optional int32 more = 100; }',
				),
			),
		).toEqual({
			a: 'required singular',
			b: 'explicit singular -7',
			c: 'implicit repeated',
			d: 'implicit repeated packed',
			g: 'explicit singular delimited',
			gg: 'explicit singular 5',
			e: 'explicit singular o',
			f: 'explicit singular -Infinity',
			h: 'explicit singular true',
			i: 'explicit singular',
			j: 'implicit map',
			'.more': 'explicit singular',
		});
		expect(forms(await parseProto('syntax = "proto3"; message M { int32 a = 1; optional int32 b = 2; repeated int32 c = 3; repeated int32 d = 4 [packed = false]; repeated string e = 5; M f = 6; oneof o { string g = 7; } }'))).toEqual({
			a: 'implicit singular',
			b: 'explicit singular',
			c: 'implicit repeated packed',
			d: 'implicit repeated',
			e: 'implicit repeated',
			f: 'explicit singular',
			g: 'explicit singular o',
		});
		expect(
			forms(
				await parseProto(
					'edition = "2023"; option features.field_presence = IMPLICIT; message M { int32 a = 1; int32 b = 2 [features.field_presence = EXPLICIT]; int32 c = 3 [features.field_presence = LEGACY_REQUIRED]; M d = 4 [features.message_encoding = DELIMITED]; repeated int32 e = 5 [features.repeated_field_encoding = EXPANDED]; repeated int32 f = 6; }',
				),
			),
		).toEqual({ a: 'implicit singular', b: 'explicit singular', c: 'required singular', d: 'explicit singular delimited', e: 'implicit repeated', f: 'implicit repeated packed' });
	});
});

describe('builders', () => {
	it('make what a proto3 file makes', async () => {
		const built = proto.types({
			messages: {
				'a.M': {
					price: proto.string(1),
					sizes: proto.uint64(2).repeated(),
					side: proto.enumeration(3, 'a.Side'),
					at: proto.message(4, 'google.protobuf.Timestamp'),
					x: proto.int32(5).oneof('o'),
					y: proto.message(6, 'a.M').oneof('o'),
					tags: proto.map(7, 'string', proto.sint64(2)),
					there: proto.bool(8).optional(),
					names: proto.string(9).repeated(),
				},
			},
			enums: { 'a.Side': { NONE: 0, BUY: 1 } },
		});
		const parsed = await parseProto(
			'syntax = "proto3"; package a; import "google/protobuf/timestamp.proto"; enum Side { NONE = 0; BUY = 1; } message M { string price = 1; repeated uint64 sizes = 2; Side side = 3; google.protobuf.Timestamp at = 4; oneof o { int32 x = 5; M y = 6; } map<string, sint64> tags = 7; optional bool there = 8; repeated string names = 9; }',
		);
		const sorted = ({ fields }: { readonly fields: readonly ProtoField[] }): ProtoField[] => [...fields].sort((one, other) => one.number - other.number);
		expect(sorted(built.messages['a.M'] ?? { fields: [] })).toEqual(sorted(parsed.messages['a.M'] ?? { fields: [] }));
		expect(built.enums).toEqual(parsed.enums);
		expect(built.messages['google.protobuf.Timestamp']).toEqual(parsed.messages['google.protobuf.Timestamp']);
	});

	it('refuse numbers that are none', () => {
		expect(() => proto.int32(0)).toThrow('the field number 0 is not one of 1 to 536870911');
		expect(() => proto.int32(2 ** 29)).toThrow('536870912');
	});
});

const types = await parseProto(`
	syntax = "proto3"; package a;
	message M { string price = 1; int64 at = 2; bool yes = 3; Inner inner = 4; oneof body { Inner one = 5; M two = 6; } oneof mixed { Inner three = 7; int32 four = 8; } map<string, int32> tags = 9; int32 received = 10; bytes unknown_fields = 11; double d = 12; }
	message Inner { int32 v = 1; repeated M again = 2; }
	message Twice { int32 a_b = 1; int32 aB = 2; }
	message Empty { }
	message Way { M way = 1; Empties empty = 2; }
	message Empties { oneof body { Empty one = 1; Empty two = 2; } }
`);

describe('tables', () => {
	const mistakesOf = (message: string, options: ProtobufOptions = {}): string[] => {
		try {
			protobuf(types, message, options);
		} catch (error) {
			if (error instanceof SchemaError) return error.mistakes.map(({ path, message: words }) => `${path}: ${words}`);
			throw error;
		}
		return [];
	};

	it('are plain data that a protocol comes back from', () => {
		const protocol = protobuf(types, 'a.M', { tables: 'body', columns: { price: decimal(2) }, unknown: 'keep' });
		const { name, schema, binding } = JSON.parse(JSON.stringify({ name: protocol.name, schema: protocol.schema, binding: protocol.binding })) as { name: string; schema: never; binding: unknown };
		expect(protocolByName({ name, schema, binding }).schema).toEqual(protocol.schema);
	});

	it('have columns of their own names, in camel case or as the file has them', () => {
		const names = (options: ProtobufOptions): string[] => protobuf(types, 'a.M', options).schema.variants[0]?.type.fields.map((one) => one.name) ?? [];
		expect(names({})).toEqual(['price', 'at', 'yes', 'inner', 'one', 'three', 'four', 'tags', 'received_', 'unknownFields', 'd']);
		expect(names({ names: 'proto', unknown: 'keep' })).toEqual(['price', 'at', 'yes', 'inner', 'one', 'three', 'four', 'tags', 'received_', 'unknown_fields', 'd', 'unknownFields']);
		expect(names({ unknown: 'keep' })).toContain('unknownFields_');
	});

	it.each<readonly [string, string, ProtobufOptions, readonly string[]]>([
		['a message that is none', 'a.N', {}, ['a.N: there is no message "a.N"; there are']],
		['a message without its package', 'M', {}, ['M: there is no message "M"; did you mean a.M?']],
		['a path that is none', 'a.M', { columns: { 'inner.w': integer() } }, ['inner.w: no field has this path']],
		['a column that a type cannot have', 'a.M', { columns: { yes: decimal(2) } }, ['yes: a bool cannot be a decimal; it can be flag or skip()']],
		['a time as text of a number', 'a.M', { columns: { at: timestamp('rfc3339') } }, ["at: a int64 cannot be a timestamp('rfc3339')"]],
		['presence that the file says', 'a.M', { columns: { price: text().optional() } }, ['price: the message type says what it is called and when it is there']],
		['an exponent for text', 'a.M', { columns: { price: { column: decimal(2), exponent: -2 } } }, ['price: a string says its digits itself']],
		['an exponent of a flag', 'a.M', { columns: { yes: { column: flag(), exponent: -2 } } }, ['yes: a flag has no exponent', 'yes: a bool says its digits itself']],
		['an exponent that is none', 'a.M', { columns: { at: { column: decimal(2), exponent: 0.5 } } }, ['at: the exponent 0.5 is not one of -100 to 100']],
		['a column for a message', 'a.M', { columns: { inner: integer() } }, ['inner: it is a a.Inner; choose columns for its fields, or skip()']],
		['a column for a map', 'a.M', { columns: { tags: integer() } }, ['tags: it is a map; choose columns for its key and value, or skip()']],
		['a oneof that is none', 'a.M', { tables: 'bodies' }, ['tables: a.M has no oneof "bodies"; it has body, mixed']],
		['a oneof with a number', 'a.M', { tables: 'mixed' }, ['tables: the member "four" of the oneof "mixed" is no message']],
		['a way through a list', 'a.M', { tables: 'inner.again.body' }, ['tables: "again" of "inner.again.body" is no message that stands once']],
		['a member that is none', 'a.M', { tables: 'body', control: ['three'] }, ['control: the oneof "body" has no member "three"; it has one, two']],
		['control without a oneof', 'a.M', { control: ['one'] }, ['control: there is no oneof']],
		['a way that is left out', 'a.Way', { tables: 'way.body', columns: { way: skip() } }, ['tables: nothing in "way" has a column, where the oneof is']],
		['a way to messages without columns', 'a.Way', { tables: 'empty.body' }, ['tables: nothing in "empty" has a column']],
		['two columns of one name', 'a.Twice', {}, ['twice.aB: two fields are called "aB"']],
	])('tell mistakes: %s', (_, message, options, expected) => {
		const mistakes = mistakesOf(message, options);
		expected.forEach((words, index) => {
			expect(mistakes[index]).toContain(words);
		});
	});

	it('have what absence means in the words of each column', async () => {
		const made = await parseProto(
			'syntax = "proto2"; message M { optional double a = 1 [default = nan]; optional double b = 2 [default = 1.5]; optional double c = 3 [default = 1.25]; optional int64 d = 4 [default = 7]; optional int64 e = 5 [default = 7]; optional int64 f = 6 [default = 7]; optional string g = 7 [default = "x"]; optional double h = 8 [default = inf]; optional int32 i = 9 [default = -1]; }',
		);
		const fitting = { b: timestamp('s'), c: decimal(2), d: timestamp('s'), e: { column: decimal(4), exponent: -2 } } as const;
		const protocol = protobuf(made, 'M', { columns: fitting });
		const absent = protocol.format.variants[0]?.nodes.map((node) => (node.kind === 'scalar' ? node.meaning.absent : undefined));
		expect(absent).toEqual(['NaN', '1500000000', '125', '7000000000', '700', '7', null, 'Infinity', '-1']);
		expect(() => protobuf(made, 'M', { columns: { ...fitting, a: timestamp('s'), c: decimal(1), f: { column: decimal(0), exponent: 30 }, i: unsigned() } })).toThrow(
			/a: its default NaN does not fit the column.*\n.*c: its default 1\.25 does not fit.*\n.*f: its default 7 does not fit.*\n.*i: its default -1 does not fit/,
		);
	});

	it('are none where nothing has a column', () => {
		expect(protobuf(types, 'a.Empty').schema.variants[0]?.role).toBe('control');
		expect(protobuf(types, 'a.M', { columns: { 'a.M.price': skip() } }).schema.variants[0]?.type.fields.some((one) => one.name === 'price')).toBe(false);
	});
});
