//! Files in calls, and `getFile`.

use serde_json::{Value, json};

use crate::{
    api::{ApiError, Call, Outcome, Upload},
    limits::{DOWNLOAD_MAX, PHOTO_MAX, UPLOAD_MAX},
    picture,
    state::{Change, FileKind, FileRecord},
};

/// The largest sum of a picture's sides, and how much longer one side may be.
const SIDES_MAX: u32 = 10_000;
const RATIO_MAX: u32 = 20;

/// Where a file can be downloaded.
pub(crate) fn get(call: &mut Call<'_>) -> Outcome {
    let id = call.parameters.text("file_id").unwrap_or_default();
    let file = call
        .world
        .files
        .get(id)
        .ok_or_else(|| ApiError::bad("wrong file_id or the file is temporarily unavailable"))?;
    if file.size_bytes > DOWNLOAD_MAX {
        return Err(ApiError::bad("file is too big"));
    }
    Ok(json!({
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_size": file.size_bytes,
        "file_path": file.path,
    }))
}

/// A file that a call names: not stored yet when it is uploaded with the call.
pub(super) enum Given {
    Known(FileRecord),
    New(Upload),
}

/// The file of a parameter: uploaded, attached or known by its id.
pub(super) fn given(call: &Call<'_>, name: &str, kind: FileKind) -> Result<Given, ApiError> {
    if let Some(upload) = call.parameters.files.get(name) {
        return checked(upload, kind);
    }
    named(call, call.parameters.text(name).unwrap_or_default(), kind)
}

/// The file that a text names: `attach://part` or an id.
pub(super) fn named(call: &Call<'_>, text: &str, kind: FileKind) -> Result<Given, ApiError> {
    if let Some(part) = text.strip_prefix("attach://") {
        let upload = call.parameters.files.get(part);
        return checked(upload.ok_or_else(|| ApiError::bad("wrong file identifier/HTTP URL specified"))?, kind);
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Err(ApiError::bad("failed to get HTTP URL content"));
    }
    let wrong = || ApiError::bad("wrong remote file identifier specified: Wrong string length");
    let file = call.world.files.get(text).ok_or_else(wrong)?;
    if file.kind != kind {
        let (was, wanted) = (capitalised(file.kind), capitalised(kind));
        return Err(ApiError::bad(format!("can't use file of type {was} as {wanted}")));
    }
    Ok(Given::Known(file.clone()))
}

fn capitalised(kind: FileKind) -> String {
    format!("{kind:?}")
}

fn checked(upload: &Upload, kind: FileKind) -> Result<Given, ApiError> {
    let size = upload.bytes.len();
    if size == 0 {
        return Err(ApiError::bad("file must be non-empty"));
    }
    if size > UPLOAD_MAX {
        return Err(ApiError::too_large());
    }
    if kind == FileKind::Photo {
        if size > PHOTO_MAX {
            return Err(ApiError::bad(format!(
                "file of size {size} bytes is too big for a photo; the maximum size is {PHOTO_MAX} bytes"
            )));
        }
        let (width, height) =
            picture::dimensions(&upload.bytes).ok_or_else(|| ApiError::bad("IMAGE_PROCESS_FAILED"))?;
        let ratio = width.max(height) / width.min(height).max(1);
        if width + height > SIDES_MAX || ratio > RATIO_MAX {
            return Err(ApiError::bad("PHOTO_INVALID_DIMENSIONS"));
        }
    }
    Ok(Given::New(upload.clone()))
}

/// Keeps an uploaded file; a known one is kept already.
pub(super) fn keep(call: &mut Call<'_>, given: Given, kind: FileKind, duration: i64) -> Result<FileRecord, ApiError> {
    match given {
        Given::Known(file) => Ok(file),
        Given::New(upload) => store(call.hub, call.world, upload, kind, duration),
    }
}

/// Stores a file of the bot or of a person.
pub(crate) fn store(
    hub: &crate::hub::Hub,
    world: &mut crate::state::World,
    upload: Upload,
    kind: FileKind,
    duration: i64,
) -> Result<FileRecord, ApiError> {
    let number = world.next_file();
    let size_bytes = upload.bytes.len();
    let dimensions = picture::dimensions(&upload.bytes);
    let suffix = suffix(&upload, kind);
    let failed = |error: std::io::Error| {
        tracing::error!(%error, "a file cannot be kept");
        ApiError::internal()
    };
    hub.blobs.put(number, upload.bytes).map_err(failed)?;
    let file = FileRecord {
        number,
        kind,
        file_id: format!("{}{:032x}", kind.prefix(), number),
        file_unique_id: format!("AQAD{number:012x}"),
        path: format!("{}/file_{number}{suffix}", kind.folder()),
        size_bytes,
        name: upload.name,
        mime_type: upload.mime_type,
        dimensions,
        duration,
    };
    world.put(Change::File(file.clone()));
    Ok(file)
}

fn suffix(upload: &Upload, kind: FileKind) -> String {
    let of_name =
        upload.name.as_deref().and_then(|name| std::path::Path::new(name).extension()?.to_str().map(str::to_owned));
    match (kind, of_name) {
        (FileKind::Photo, _) => ".jpg".to_owned(),
        (FileKind::Voice, _) => ".oga".to_owned(),
        (_, Some(suffix)) if suffix.chars().all(char::is_alphanumeric) => format!(".{suffix}"),
        _ => String::new(),
    }
}

/// The file that an `InputMedia` names.
pub(super) fn media_text(item: &Value) -> Result<&str, ApiError> {
    item.get("media").and_then(Value::as_str).ok_or_else(|| ApiError::bad("can't parse InputMedia: media not found"))
}
