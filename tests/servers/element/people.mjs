// People whose app has Element's own encryption (matrix-js-sdk), in the mode "exclude insecure devices".
//
// Run in the folder that has node_modules. Each line of standard input asks for something, as JSON:
//   {"id": 1, "person": "@maria:localhost", "does": "put", …}     is answered by {"id": 1, "did": …} or {"id": 1, "failed": …}
// and whenever what a person sees in a room may have changed, a line says how the room looks now:
//   {"person": "@maria:localhost", "room": "!…", "messages": […]}

import { webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

for (const level of ["debug", "error", "info", "log", "trace", "warn"]) console[level] = () => {}; // the line is ours

// What the library expects of Node.js 22, and Debian's 18 and 20 have not got yet.
globalThis.crypto ??= webcrypto;
globalThis.CustomEvent ??= class extends Event {
    constructor(type, options) {
        super(type, options);
        this.detail = options?.detail ?? null;
    }
};
Promise.withResolvers ??= function () {
    const parts = {};
    parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
    return parts;
};

const installed = createRequire(`${process.cwd()}/`);
const load = async (name) => await import(pathToFileURL(installed.resolve(name)));
const sdk = await load("matrix-js-sdk");
const { EventShieldColour, EventShieldReason, OnlySignedDevicesIsolationMode } = await load("matrix-js-sdk/lib/crypto-api");
const { encryptAttachment, decryptAttachment } = (await load("matrix-encrypt-attachment")).default;

process.on("unhandledRejection", () => {}); // what the library still asked for when somebody logged out
process.on("uncaughtException", (error) => {
    if (/null pointer passed to rust/.test(error?.message)) return; // the same, asked of what was freed by then
    console.error(error);
    process.exit(1);
});
const fails = (error) => {
    process.stderr.write(`${error?.stack ?? error}\n`);
    process.exit(1);
};
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const nameIn = (values, value) => Object.keys(values).find((name) => values[name] === value);

class Person {
    constructor(id) {
        this.id = id;
        this.changed = new Set();
    }

    async logs_in({ address, password }) {
        const login = { type: "m.login.password", identifier: { type: "m.id.user", user: this.id }, password };
        const { device_id, access_token } = await sdk.createClient({ baseUrl: address }).loginRequest(login);
        this.client = sdk.createClient({
            baseUrl: address,
            userId: this.id,
            deviceId: device_id,
            accessToken: access_token,
            timelineSupport: true,
        });
        await this.client.initRustCrypto({ useIndexedDB: false });
        const synced = new Promise((resolve) => this.client.once("sync", resolve));
        for (const news of ["Room.timeline", "Event.decrypted", "Event.replaced", "RoomMember.membership"])
            this.client.on(news, (event) => this.notes(event.getRoomId()));
        for (const news of ["Thread.new", "Thread.update"]) this.client.on(news, (thread) => this.notes(thread.roomId));
        await this.client.startClient({ initialSyncLimit: 20, threadSupport: true });
        await synced;
    }

    // The account's own cryptographic identity; Element makes it by itself at the first login.
    async makes_identity({ password, anew }) {
        const user = { type: "m.id.user", user: this.id };
        const authUploadDeviceSigningKeys = (send) =>
            send(null).catch((error) =>
                send({ type: "m.login.password", identifier: user, password, session: error.data.session }),
            );
        const how = { authUploadDeviceSigningKeys, setupNewCrossSigning: anew };
        await this.client.getCrypto().bootstrapCrossSigning(how);
    }

    // From now on only trust devices that are signed with their account's identity.
    async excludes_insecure_devices() {
        this.client.getCrypto().setDeviceIsolationMode(new OnlySignedDevicesIsolationMode());
    }

    async logs_out() {
        this.left = true; // what is still being looked at is freed with it
        await this.client.logout(true);
    }

    async creates_room({ invite, name, direct }) {
        const encryption = { type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } };
        const preset = direct ? "trusted_private_chat" : "private_chat";
        const made = { invite, name: name ?? undefined, is_direct: direct, preset, initial_state: [encryption] };
        return (await this.client.createRoom(made)).room_id;
    }

    async puts({ room, type, content }) {
        return (await this.client.sendEvent(room, type, content)).event_id;
    }

    // Where the bytes are, encrypted, as a message tells it.
    async uploads({ bytes }) {
        const { data, info } = await encryptAttachment(new Uint8Array(Buffer.from(bytes, "base64")).buffer);
        const { content_uri } = await this.client.uploadContent(Buffer.from(data), { type: "application/octet-stream" });
        return { ...info, url: content_uri };
    }

    async fetches({ file }) {
        const address = this.client.mxcUrlToHttp(file.url, undefined, undefined, undefined, true, true, true);
        const headers = { Authorization: `Bearer ${this.client.getAccessToken()}` };
        const answer = await fetch(address, { headers });
        return Buffer.from(await decryptAttachment(await answer.arrayBuffer(), file)).toString("base64");
    }

    // Vouch for another device of the same account.
    async signs_device({ device }) {
        await this.client.getCrypto().crossSignDevice(device);
    }

    notes(room) {
        if (!this.changed.size) setImmediate(() => this.tells().catch((error) => this.left || fails(error)));
        this.changed.add(room);
    }

    async tells() {
        const rooms = [...this.changed];
        this.changed.clear();
        for (const id of rooms) {
            const room = this.client.getRoom(id);
            if (!room) continue;
            const timelines = [room, ...room.getThreads().map((thread) => thread.timelineSet)].map((where) =>
                where.getLiveTimeline().getEvents(),
            );
            const events = new Map(timelines.flat().map((event) => [event.getId(), event]));
            const shown = [...events.values()].filter((event) => !event.isRelation("m.replace") && !event.isState());
            const messages = await Promise.all(shown.filter((event) => isMessage(event)).map((event) => this.sees(room, event)));
            const [members, invited] = ["join", "invite"].map((membership) =>
                room.getMembersWithMembership(membership).map((member) => member.userId),
            );
            say({ person: this.id, room: id, members, invited, messages });
        }
    }

    async sees(room, event) {
        const content = event.getContent();
        const edit = event.replacingEvent();
        const reactions = room.relations.getChildEventsForEvent(event.getId(), "m.annotation", "m.reaction");
        return {
            id: event.getId(),
            sender: event.getSender(),
            type: content.msgtype ?? "",
            body: content.body ?? "",
            html: content.formatted_body ?? null,
            thread: event.isThreadRoot ? null : (event.threadRootId ?? null),
            reply_to: event.replyEventId ?? null,
            edited: edit !== null,
            redacted: event.isRedacted(),
            reactions: (reactions?.getRelations() ?? []).map((one) => [one.getSender(), one.getRelation().key]),
            content,
            shields: (await Promise.all([event, edit].map((one) => this.shield(one)))).filter((shield) => shield !== null),
        };
    }

    // The warning that Element puts beside it, in words of the library; null where there is none.
    async shield(event) {
        if (event === null) return null;
        if (event.isDecryptionFailure()) return event.decryptionFailureReason;
        if (!event.isEncrypted()) return "not encrypted";
        const info = await this.client.getCrypto().getEncryptionInfoForEvent(event);
        if (info?.shieldColour === EventShieldColour.NONE) return null;
        return `${nameIn(EventShieldColour, info?.shieldColour)}: ${nameIn(EventShieldReason, info?.shieldReason)}`;
    }
}

const isMessage = (event) => ["m.room.message", "m.room.encrypted"].includes(event.getType());

const people = new Map();
for await (const line of createInterface({ input: process.stdin })) {
    const { id, person, does, ...given } = JSON.parse(line);
    if (!people.has(person)) people.set(person, new Person(person));
    people.get(person)[does](given).then(
        (did) => say({ id, did: did ?? null }),
        (error) => say({ id, failed: `${error?.stack ?? error}` }),
    );
}
process.exit(0);
