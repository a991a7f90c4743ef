export declare const layers: Readonly<Record<string, readonly string[]>>
export declare const homes: Readonly<Record<string, string>>
