//! `/file/bot<token>/<file_path>`: the bytes of a file.

use axum::{
    body::Body,
    http::header::{CONTENT_LENGTH, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use super::ApiError;
use crate::{hub::Hub, limits::DOWNLOAD_MAX};

/// Answers a download.
pub(crate) fn download(hub: &Hub, token: &str, path: &str) -> Response {
    if token != hub.options.token {
        return ApiError::unauthorized().into_response();
    }
    let found = hub.read(|world| world.files.values().find(|file| file.path == path).cloned());
    let Some(file) = found.filter(|file| file.size_bytes <= DOWNLOAD_MAX) else {
        return ApiError::not_found().into_response();
    };
    match hub.blobs.get(file.number) {
        Ok(bytes) => {
            let headers =
                [(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_LENGTH, bytes.len().to_string())];
            (headers, Body::from(bytes)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, file = file.number, "a file's bytes are gone");
            ApiError::internal().into_response()
        }
    }
}
