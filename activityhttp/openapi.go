package activityhttp

import (
	"bytes"
	_ "embed"
	"encoding/json"
)

// openAPI describes the API as it stands below the default path.
//
//go:embed openapi.json
var openAPI []byte

// describedPath is the path in the description, which has it once.
const describedPath = `"/activity/api"`

// getOpenAPI answers with the description of the API.
func (c *call) getOpenAPI() error {
	v := c.values()
	if err := v.done(true); err != nil {
		return err
	}
	path, err := json.Marshal(c.options.Path + "/api")
	if err != nil {
		return err
	}
	return c.writeFixed(json.RawMessage(bytes.Replace(openAPI, []byte(describedPath), path, 1)))
}
